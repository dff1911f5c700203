import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulators } from '../lib/emulators.ts';

describe('the emulators of two runs', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  after(() => rmSync(folder, { recursive: true }));

  it('start at the same time, with no port in common', async () => {
    // Both have a parameter file. Without one, both would create functions/.env.local, and the CLI of the second would stop.
    const starts = ['demo-gatehouse', 'demo-gatehouse-idp'].map((projectId) =>
      startEmulators({
        projectId,
        firestore: 'embedded',
        ports: 'free',
        watch: false,
        logFile: join(folder, `${projectId}.log`),
      }),
    );
    const started = await Promise.allSettled(starts);
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
    await Promise.all(starts);
  });
});
