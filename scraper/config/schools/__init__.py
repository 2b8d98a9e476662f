"""Known schools, one TOML file each in scraper/schools."""
