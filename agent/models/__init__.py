"""Models behind one small seam: endpoints, the bundled model, a local checkpoint, a scripted one."""
