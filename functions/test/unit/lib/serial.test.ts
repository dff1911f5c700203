import assert from 'node:assert/strict';
import { createSerial } from '../../../src/lib/serial.ts';

describe('serial', () => {
  it('runs one task at a time, in the order they came', async () => {
    const inTurn = createSerial();
    const events: string[] = [];
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const done = gates.map((gate, i) =>
      inTurn('a', async () => {
        events.push(`begin ${i}`);
        await gate.promise;
        events.push(`end ${i}`);
        return i;
      }),
    );
    // Opened in the wrong order: the turn counts, not who could be ready first.
    for (const gate of gates.toReversed()) gate.resolve();
    assert.deepEqual(await Promise.all(done), [0, 1, 2]);
    assert.deepEqual(events, ['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('goes on after a failure, which only its own caller sees', async () => {
    const inTurn = createSerial();
    const failure = new Error('no');
    const results = await Promise.allSettled([
      inTurn('a', () => Promise.reject(failure)),
      inTurn('a', () => {
        throw failure;
      }),
      inTurn('a', async () => 'ran'),
    ]);
    assert.deepEqual(results, [
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: 'ran' },
    ]);
  });

  it('does not hold up tasks of another key', async () => {
    const inTurn = createSerial();
    const gate = Promise.withResolvers<void>();
    const held = inTurn('a', () => gate.promise);
    assert.equal(await inTurn('b', async () => 'free'), 'free');
    gate.resolve();
    await held;
  });
});
