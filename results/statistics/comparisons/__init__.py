"""How two levels are compared beyond a contrast of means: how often the better one wins."""
