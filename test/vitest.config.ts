import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Unit tests first, side by side; then the ones with real programs, two files at a time: two cores are the yardstick. */
const config = defineConfig({
  test: {
    root: resolve(import.meta.dirname, '..'),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // A busy machine is no failure: the limits only end what hangs.
          testTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
          hookTimeout: 60_000,
          // Left alone, one core of two stands idle.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
export default config
