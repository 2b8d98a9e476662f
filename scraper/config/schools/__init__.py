"""The schools that the program knows, one TOML file each in scraper/schools."""
