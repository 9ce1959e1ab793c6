"""The report: pages that set their formulas without a network."""

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.runner import report

FORMULAS = r"$f'(x)$, $\ell''=f(1-f)$, $\hat p$, $$L'=L+\frac\lambda2\,\lVert\theta\rVert^2$$"


def test_formulas_are_set_from_the_files_beside_the_page(chromium, tmp_path):
    nbformat.write(new_notebook(cells=[new_markdown_cell(FORMULAS)]), tmp_path / "page.ipynb")
    (tmp_path / "page.html").write_text(report.notebook_html(tmp_path / "page.ipynb"))
    report._copy_mathjax(tmp_path / report.MATHJAX)
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function("window.MathJax && MathJax.Hub && MathJax.Hub.getAllJax().length")
        page.evaluate("new Promise(done => MathJax.Hub.Queue(done))")
        assert page.evaluate("MathJax.Hub.getAllJax().length") == 4
        assert page.locator(".MathJax_Error").count() == 0
        assert page.locator("nobr").count() == 4
