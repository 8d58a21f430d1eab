"""What the pages ask the warehouse: one function per question, over schema marts alone, answers kept for half a minute.

Times in answers are aware UTC instants, numbers as exact as the mart holds them. Where a question takes `known_utc`,
its answer is what was known at that moment; None is what is known now.
"""
