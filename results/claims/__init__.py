"""Verdicts on what a space claims, by rules that are fixed beforehand."""
