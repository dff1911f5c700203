import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { startFirestoreProcess } from './firestore.ts';
import type { Result } from './measure.ts';
import { usageOf } from './throughput.ts';

/** Not a multiple of ten, so that a query more or less does not hang on a millisecond. */
const LOADED_SECONDS = 28;
const IDLE_SECONDS = 12;
/** One in ten seconds. Counted, since a busy machine brings one query late and the next in time: closer than asked. */
const MOST_QUERIES = Math.ceil(LOADED_SECONDS / 10);

/** What an instance asks the network under load and while idle, counted where the calls arrive. */
export async function feed(): Promise<Result[]> {
  const firestore = await startFirestoreProcess();
  const server = fork(new URL('throughput-server.ts', import.meta.url), ['gatehouse', firestore.host], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [{ url, token }] = (await once(server, 'message')) as [{ url: string; token: string }];
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-proto': 'https' };
    // The first request fetches Google's keys and reads the last hour of changes.
    await fetch(url, { headers });

    const before = await count();
    const { requests, non2xx, errors } = await autocannon({
      url,
      headers,
      connections: 32,
      duration: LOADED_SECONDS,
    });
    if (non2xx + errors > 0) throw new Error(`${non2xx} refused, ${errors} failed`);
    const loaded = await count();
    await sleep(IDLE_SECONDS * 1000);
    const idle = await count();

    const queries = loaded.firestore.slice(before.firestore.length).map(({ at }) => at);
    const gaps = queries.slice(1).map((at, index) => at - (queries[index] ?? 0));
    const closest = Math.min(...gaps);
    const others = loaded.google - before.google;
    const each = (queries.length + others) / requests.total;
    return [
      {
        what: `Firestore, ${LOADED_SECONDS} s of GET /v1/me`,
        value: `${queries.length} calls`,
        budget: `≤ ${MOST_QUERIES}, 1 in 10 s`,
        kept: queries.length >= 2 && queries.length <= MOST_QUERIES,
      },
      {
        what: '  the closest two, as they arrive',
        value: `${(closest / 1000).toFixed(2)} s`,
        budget: '',
        kept: true,
      },
      {
        what: '  Firebase Auth and Google’s keys',
        value: `${others} calls`,
        budget: '0',
        kept: others === 0,
      },
      {
        what: `  network calls a request, of ${requests.total}`,
        value: each.toFixed(6),
        budget: '≤ 0.001',
        kept: each <= 0.001,
      },
      {
        what: `  all of them, ${IDLE_SECONDS} s without a request`,
        value: `${idle.firestore.length - loaded.firestore.length + idle.google - loaded.google} calls`,
        budget: '0',
        kept: idle.firestore.length === loaded.firestore.length && idle.google === loaded.google,
      },
    ];
  } finally {
    server.kill();
    firestore.stop();
  }

  async function count() {
    return { firestore: await firestore.calls(), google: (await usageOf(server)).calls };
  }
}
