print("martlet-vmm: not built yet")
