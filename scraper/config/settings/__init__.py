"""What a run was told: options over environment over the account's table over the file's general keys, validated."""
