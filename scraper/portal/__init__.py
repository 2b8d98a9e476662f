"""The browser automation; the only package that imports Playwright.

Variables that make Playwright or its driver write a log are deleted first, because such a log contains what is typed.
Playwright reads some of them when it is imported, so this happens here.
"""

import os
import re

LOGS = re.compile(r"(npm_config_)?(debug|pwdebug|pw_\w*debug|internal_pw_)\w*", re.IGNORECASE)

for _name in [name for name in os.environ if LOGS.fullmatch(name)]:
    del os.environ[_name]
