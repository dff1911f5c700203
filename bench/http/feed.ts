import { setTimeout as sleep } from 'node:timers/promises';
import { googleKey } from '../../functions/test/helpers/google.ts';
import { runOffServerCore } from '../lib/cpu-affinity.ts';
import { type FakeGoogle, startFakeGoogle } from '../lib/fake-google.ts';
import { type FirestoreProcess, startFirestoreProcess } from '../lib/firestore.ts';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { wholeNumber } from '../lib/stats.ts';
import { firebaseToken } from '../lib/tokens.ts';
import { createSession, load, startServer } from './load.ts';

type Credential = 'bearer token' | 'session cookie';

/** Counts the network calls of an instance under load and while idle, at the receiving servers. */
export function feed(sizes: Sizes): Promise<Section> {
  return runOffServerCore(async () => {
    const sections = [await measure('bearer token', sizes), await measure('session cookie', sizes)];
    return {
      tables: sections.flatMap(({ tables }) => tables),
      checks: sections.flatMap(({ checks }) => checks),
      raw: sections.map(({ raw }) => raw),
    };
  });
}

async function measure(credential: Credential, { feed: { loaded, idle } }: Sizes): Promise<Section> {
  const [fakeGoogle, firestore] = await Promise.all([startFakeGoogle(googleKey), startFirestoreProcess()]);
  const server = await startServer('Gatehouse', {
    ...{ googlePort: fakeGoogle.port, firestoreHost: firestore.host, body: '' },
  });
  try {
    const https = { 'x-forwarded-proto': 'https' };
    const bearer = { ...https, authorization: `Bearer ${await firebaseToken()}` };
    const headers =
      credential === 'bearer token' ? bearer : { ...https, cookie: await createSession(server.url, bearer) };
    // The first request fetches Google's keys and reads the last hour of changes.
    await fetch(server.url, { headers });
    const before = await count(firestore, fakeGoogle);
    const { requests, rejected } = await load(server, { headers, duration: loaded });
    if (rejected > 0) throw new Error(`${rejected} requests were rejected`);
    const after = await count(firestore, fakeGoogle);
    await sleep(idle * 1000);
    const later = await count(firestore, fakeGoogle);

    const queries = after.firestore.slice(before.firestore.length).map(({ at }) => at);
    if (queries.length < Math.floor(loaded / 10)) throw new Error('the revocation feed was not read');
    const gaps = queries.slice(1).map((at, index) => (at - (queries[index] ?? 0)) / 1000);
    const others = after.others - before.others;
    const idling = later.firestore.length - after.firestore.length + later.others - after.others;
    return {
      tables: [
        {
          title: `By ${credential}: network calls of one instance in ${loaded} s of GET /v1/me and in ${idle} s without requests`,
          head: ['', ''],
          rows: [
            ['requests', wholeNumber(requests)],
            ['revocation feed queries', String(queries.length)],
            ['shortest interval between queries, s', gaps.length ? Math.min(...gaps).toFixed(2) : '–'],
            ['calls to Firebase Auth and key endpoints', String(others)],
            ['network calls per request', ((queries.length + others) / requests).toFixed(6)],
            ['calls without requests', String(idling)],
          ],
        },
      ],
      raw: { requests, before, after, later },
      checks: [
        // The number is checked, not the interval: on a busy machine a late query is closer to the next one.
        { budget: 'feedQueries', of: credential, value: queries.length },
        { budget: 'otherCalls', of: credential, value: others },
        { budget: 'idleCalls', of: credential, value: idling },
      ],
    };
  } finally {
    await server.stop();
    firestore.stop();
    fakeGoogle.stop();
  }
}

async function count(firestore: FirestoreProcess, fakeGoogle: FakeGoogle) {
  return { firestore: await firestore.calls(), others: await fakeGoogle.calls() };
}
