"""`python -m slm_predictor`, and in this project `python -m helpers.predictor`.

It answers texts with a classifier (`MODEL FILE`), or talks with a writer (`chat MODEL`).
"""

import sys

from . import chat, command

if __name__ == "__main__":
    talks = sys.argv[1:2] == ["chat"]
    sys.exit(chat.main(sys.argv[2:]) if talks else command.main())
