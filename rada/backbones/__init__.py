"""CLIP behind one small interface."""
