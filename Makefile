# Everything is in dev.py, which needs nothing but Python; these are its short names.
PYTHON ?= python3

.PHONY: run test check mutate durability bench test-desktop lock

run test check mutate durability bench lock:
	@$(PYTHON) dev.py $@

test-desktop:
	@$(PYTHON) dev.py desktop
