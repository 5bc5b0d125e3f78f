"""The parts of run_experiment.py and observe.py."""
