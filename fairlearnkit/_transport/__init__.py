"""Distributions on the line, their distances, barycenters and transport maps."""
