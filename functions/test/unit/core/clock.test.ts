import assert from 'node:assert/strict';
import { seconds, systemClock } from '../../../src/core/clock.ts';

describe('clock', () => {
  it('converts milliseconds to whole seconds, rounded down', () => {
    assert.deepEqual(
      [0, 999, 1000, 1999].map((ms) => seconds(() => ms)),
      [0, 0, 1, 1],
    );
  });

  it('of the system is in milliseconds', () => {
    const before = Date.now();
    const now = systemClock();
    assert.ok(before <= now && now <= Date.now());
  });
});
