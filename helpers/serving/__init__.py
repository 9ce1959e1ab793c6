"""The HTTP server: `python -m helpers.serving BUNDLE` answers texts with a LiteRT bundle.

Of a model that writes, it has the routes of OpenAI: see `completions`.

`create_app` makes the application, `running` serves it from a notebook or a test. The process
imports neither TensorFlow nor Keras.
"""

from helpers.serving.app import PROTECTED, Limits, create_app, require_token
from helpers.serving.feedback_routes import feedback_router
from helpers.serving.server import server_token
from helpers.serving.versions import SwitchError
from helpers.web.loopback import TokenError
from helpers.web.running import running

__all__ = [
    "PROTECTED",
    "Limits",
    "SwitchError",
    "TokenError",
    "create_app",
    "feedback_router",
    "require_token",
    "running",
    "server_token",
]
