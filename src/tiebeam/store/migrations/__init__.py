"""The schema's history in two phases: `pre` adds before new code runs, `post` takes away afterwards."""
