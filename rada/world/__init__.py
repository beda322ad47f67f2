"""The embedded world: small pictures drawn by our own code, and a tiny CLIP that has seen them.

Reading order: fields, shapes, glyphs, patterns, colours (what there is to draw); scene, render,
camera (a picture); corpus, captions, focus, tokens, pretrain, export (the model); classes, sets,
handwriting, folders, measure (the few-shot benchmark, docs/world.md).
"""
