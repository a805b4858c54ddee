"""nianbao: 政府信息公开工作年度报告, taken in, checked, rolled up and given out."""

__version__ = "0.1.0"
