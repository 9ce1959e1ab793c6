"""In the browser: a folder with a page that runs a bundle's `.tflite` file, for any static server.

The page (`index.html`, `app.js`, `classifier.js`, `style.css`) stands beside this file, and so does
that of a writer (`writer.html`, `writer-app.js`, `writer.js`). The classifier's tokenizer is
`helpers/predictor/hashing.js`, the writer's `bpe.js`. The npm package @litertjs/core runs the
model.
The page needs no server of its own, no threads and no special headers, and asks no other origin.
"""

from helpers.browser.page import BrowserError, export_page, show

__all__ = ["BrowserError", "export_page", "show"]
