import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { findFreePorts } from '../lib/ports.ts';

const COUNT = 400;

describe('findFreePorts', () => {
  const before = process.env.GATEHOUSE_FOUND_PORTS;
  after(() => {
    if (before === undefined) delete process.env.GATEHOUSE_FOUND_PORTS;
    else process.env.GATEHOUSE_FOUND_PORTS = before;
  });

  it('finds no port again, in parallel or in a process started later', async () => {
    const found = (await Promise.all([findFreePorts(COUNT), findFreePorts(COUNT)])).flat();
    const module = JSON.stringify(new URL('../lib/ports.ts', import.meta.url));
    const script = `import(${module}).then(async (ports) => console.log((await ports.findFreePorts(${COUNT})).join()))`;
    const later = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    const all = [...found, ...later.trim().split(',').map(Number)];
    assert.equal(new Set(all).size, 3 * COUNT);
  });
});
