# Everything is in dev.py, which needs nothing but Python; these are its short names.
PYTHON ?= python3

.PHONY: run test check mutate doors durability bench soak test-desktop lock

run test check mutate doors durability bench soak lock:
	@$(PYTHON) dev.py $@

test-desktop:
	@$(PYTHON) dev.py desktop
