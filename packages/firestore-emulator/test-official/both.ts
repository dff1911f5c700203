import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { RawClient, startTestFirestore, type TestFirestore } from '../test/client.ts';

/** Google's emulator. Without it there is nothing to compare with, and the tests skip themselves. */
export const OFFICIAL_HOST = process.env.FIRESTORE_OFFICIAL_HOST;

const TIMEOUT_MS = 9 * 60_000;
const STREAMS = ['RunQuery', 'RunAggregationQuery', 'BatchGetDocuments'];

/** An answer without what must differ: its times are numbered in the order of their first appearance. */
export type Answer = { code: number; message: string } | { answer: unknown };

/** One server, and a database of its own for one random case. */
export class Side {
  readonly raw: RawClient;
  readonly #times: string[] = [];
  /** The update times of the documents, as last read. */
  readonly updateTimes = new Map<string, object>();

  constructor(raw: RawClient) {
    this.raw = raw;
  }

  async ask(method: string, request: object): Promise<Answer> {
    try {
      if (!STREAMS.includes(method))
        return { answer: this.#comparable(await this.raw.call(method, request)) };
      const messages = (await this.raw.stream(method, request)).map((one) => this.#comparable(one));
      return { answer: messages.filter((one) => !isDeepStrictEqual(one, {})) };
    } catch (error) {
      const { code, details } = error as { code: number; details: string };
      return { code, message: details };
    }
  }

  #comparable(message: unknown, key = ''): unknown {
    if (typeof message === 'number') return Object.is(message, -0) ? '-0' : String(message);
    if (typeof message !== 'object' || message === null) return message;
    if (Buffer.isBuffer(message)) return message.toString('hex');
    if (Array.isArray(message)) return message.map((one) => this.#comparable(one));
    const { name, createTime, updateTime, seconds = 0, nanos = 0 } = message as Record<string, unknown>;
    const isMissing = typeof name === 'string' && !createTime;
    if (typeof name === 'string' && createTime && updateTime) this.updateTimes.set(name, updateTime);
    if (/Time$/.test(key)) return this.#time(`${seconds}.${nanos}`);
    if (key === 'timestampValue') return Number(seconds) > NOW ? 'server time' : `${seconds}.${nanos}`;
    const all = key === 'geoPointValue' ? { latitude: 0, longitude: 0, ...message } : message;
    // README.md, "Differences from Google's emulator": `ListDocuments`.
    const rest = Object.entries(all).filter(
      (entry) => !isIgnored(entry) && !(isMissing && entry[0] === 'updateTime'),
    );
    return Object.fromEntries(rest.map(([inner, value]) => [inner, this.#comparable(value, inner)]).sort());
  }

  #time(text: string): string {
    if (!this.#times.includes(text)) this.#times.push(text);
    return `time ${this.#times.indexOf(text)}`;
  }
}

/** Later times are of the servers' clocks: no document of these tests has them. */
const NOW = 1_700_000_000;
/** What the decoder adds, the text of an error, the id of a transaction, and what the SDK does not read. */
const IGNORED =
  /^(valueType|message|transaction|readTime|commitTime|done|continuationSelector|skippedResults)$/;
const isIgnored = ([key, value]: [string, unknown]) =>
  IGNORED.test(key) || (key === 'result' && typeof value === 'string');

/** Both servers. */
export interface Both {
  embedded: Side;
  official: Side;
}

/** Compares two answers: equal, or the same status code. */
export function assertSame(embedded: Answer, official: Answer, what: object): void {
  if ('code' in embedded && 'code' in official && embedded.code === official.code) return;
  if ('code' in official && isKnown(official)) return;
  assert.deepEqual(embedded, official, JSON.stringify(what));
}

/** README.md, "Differences from Google's emulator": orders by `__name__` descending. */
const isKnown = ({ code, message }: { code: number; message: string }) =>
  code === 9 && /descending key scans|ascending primary key scan/.test(message);

/**
 * Runs a property on both servers, each case in a database of its own. FUZZ_SECONDS replaces the number of cases.
 */
export async function compareAtRandom<T>(
  cases: fc.Arbitrary<T>,
  numRuns: number,
  run: (both: Both, one: T) => Promise<void>,
): Promise<void> {
  const firestore = await startTestFirestore();
  const { FUZZ_SECONDS } = process.env;
  const limits = FUZZ_SECONDS
    ? { numRuns: 1e9, interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1000, markInterruptAsFailure: false }
    : { numRuns };
  const property = fc.asyncProperty(cases, (one) => inNewDatabase(firestore, (both) => run(both, one)));
  try {
    await fc.assert(property, limits);
  } finally {
    await firestore.stop();
  }
}

/** Runs one case on both servers. */
export async function compareOnce(run: (both: Both) => Promise<void>): Promise<void> {
  const firestore = await startTestFirestore();
  await inNewDatabase(firestore, run).finally(() => firestore.stop());
}

async function inNewDatabase({ server }: TestFirestore, run: (both: Both) => Promise<void>): Promise<void> {
  const project = `demo-${randomUUID()}`;
  const official = new RawClient(OFFICIAL_HOST ?? '', project, '(default)');
  const embedded = new RawClient(server.host, project, '(default)');
  try {
    await run({ embedded: new Side(embedded), official: new Side(official) });
  } finally {
    official.close();
    embedded.close();
  }
}

/** Defines a test that needs Google's emulator. */
export const itCompares = (what: string, test: () => Promise<void>) =>
  (OFFICIAL_HOST ? it : it.skip)(what, async function () {
    this.timeout(TIMEOUT_MS);
    await test();
  });
