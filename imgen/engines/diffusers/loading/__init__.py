"""From files to weights in memory: pipelines, denoisers, ControlNets, LoRAs."""
