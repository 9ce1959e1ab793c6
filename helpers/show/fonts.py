"""Fonts for what the usual one lacks: labels may be of any script."""

from matplotlib import font_manager

# of Chinese, Japanese and Korean: Linux, macOS and Windows
NAMES = ["Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Droid Sans Fallback"]
NAMES += ["PingFang SC", "Hiragino Sans GB", "Arial Unicode MS", "Microsoft YaHei", "SimHei"]


def of_other_scripts() -> list[str]:
    """Return those of these fonts that are installed."""
    there = set(font_manager.get_font_names())
    return [name for name in NAMES if name in there]
