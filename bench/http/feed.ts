import { setTimeout as sleep } from 'node:timers/promises';
import { googleKey } from '../../functions/test/helpers/google.ts';
import { offServerCore } from '../lib/core.ts';
import { type FirestoreProcess, startFirestoreProcess } from '../lib/firestore.ts';
import { type Outside, startOutside } from '../lib/outside.ts';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { whole } from '../lib/stats.ts';
import { firebaseToken } from '../lib/tokens.ts';
import { load, startServer } from './load.ts';

/** What an instance asks the network under load and while idle, counted where the calls arrive. */
export function feed({ feed: { loaded, idle } }: Sizes): Promise<Section> {
  return offServerCore(async () => {
    const [outside, firestore] = await Promise.all([startOutside(googleKey), startFirestoreProcess()]);
    const server = await startServer('Gatehouse', {
      ...{ outside: outside.port, firestore: firestore.host, body: '' },
    });
    try {
      const headers = { authorization: `Bearer ${await firebaseToken()}`, 'x-forwarded-proto': 'https' };
      // The first request fetches Google's keys and reads the last hour of changes.
      await fetch(server.url, { headers });
      const before = await count(firestore, outside);
      const { requests, refused } = await load(server, { headers, duration: loaded });
      if (refused > 0) throw new Error(`${refused} refused`);
      const after = await count(firestore, outside);
      await sleep(idle * 1000);
      const later = await count(firestore, outside);

      const queries = after.firestore.slice(before.firestore.length).map(({ at }) => at);
      if (queries.length < Math.floor(loaded / 10)) throw new Error('the access changes were not read');
      const gaps = queries.slice(1).map((at, index) => (at - (queries[index] ?? 0)) / 1000);
      const others = after.others - before.others;
      const idling = later.firestore.length - after.firestore.length + later.others - after.others;
      return {
        tables: [
          {
            title: `What one instance asks the network in ${loaded} s of GET /v1/me, and in ${idle} s without a request`,
            head: ['', ''],
            rows: [
              ['requests', whole(requests)],
              ['queries for access changes', String(queries.length)],
              ['the closest two, in s, as they arrive', gaps.length ? Math.min(...gaps).toFixed(2) : '–'],
              ['calls to Firebase Auth, and for keys', String(others)],
              ['network calls a request', ((queries.length + others) / requests).toFixed(6)],
              ['calls while idle', String(idling)],
            ],
          },
        ],
        raw: { requests, before, after, later },
        checks: [
          // Counted, since a busy machine brings one query late and the next in time: closer than asked.
          { budget: 'feedQueries', value: queries.length },
          { budget: 'otherCalls', value: others },
          { budget: 'idleCalls', value: idling },
        ],
      };
    } finally {
      await server.stop();
      firestore.stop();
      outside.stop();
    }
  });
}

async function count(firestore: FirestoreProcess, outside: Outside) {
  return { firestore: await firestore.calls(), others: await outside.calls() };
}
