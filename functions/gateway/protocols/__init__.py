"""How providers are spoken to: pure functions over the steps that the plan holds."""
