import assert from 'node:assert/strict';
import { Turns } from '../turns.ts';

describe('turns of transactions that are tried again', () => {
  it('are given one at a time, in the order they were asked for', async () => {
    const turns = new Turns();
    const told: string[] = [];
    const wait = (id: string) => turns.wait(id).then(() => told.push(id));
    const all = ['a', 'b', 'c'].map(wait);
    await all[0];
    assert.deepEqual(told, ['a']);
    turns.end('c');
    turns.end('a');
    await all[1];
    assert.deepEqual(told, ['a', 'b']);
    turns.end('b');
    await all[2];
    turns.end('c');
    await wait('d');
    assert.deepEqual(told, ['a', 'b', 'c', 'd']);
    turns.end('d');
  });

  it('pass on when their holder takes too long', async () => {
    const turns = new Turns();
    await turns.wait('stuck');
    const next = turns.wait('next');
    // The lease alone must not keep a program running, so here something else does.
    const alive = setInterval(() => {}, 1000);
    await next;
    clearInterval(alive);
    turns.end('next');
  });
});
