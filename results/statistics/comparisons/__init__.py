"""How two levels are compared: robust means, differences over contexts, partners, exact tests."""
