"""Light ingesters: what a source answered is landed byte for byte, then loaded into versioned raw tables."""
