"""When to use power: the cheapest, or the greenest, of all schedules that give a load its energy in time.

Pure and exact, without any I/O: prices and carbon go in as slots, a schedule comes out. `model` says what the words
mean, `contiguous` plans what runs in one go, `split` what may pause, `limited` what may pause under limits, `choose`
picks among them, and `front` trades cost for carbon.
"""
