"""``python -m pipeline`` is ``xxgk``."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
