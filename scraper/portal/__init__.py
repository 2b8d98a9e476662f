"""The only package that imports playwright.

Before that, the variables that make Playwright and its driver log are dropped: such a log holds what is typed. Some are
read when Playwright is imported, so it happens here.
"""

import os
import re

LOGS = re.compile(r"(npm_config_)?(debug|pwdebug|pw_\w*debug|internal_pw_)\w*", re.IGNORECASE)

for _name in [name for name in os.environ if LOGS.fullmatch(name)]:
    del os.environ[_name]
