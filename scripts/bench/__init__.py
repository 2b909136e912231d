"""What Qiding's pages and actions cost, beside a bare page from the same database: ``python -m scripts.bench``."""
