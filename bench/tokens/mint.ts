import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { googleKey, type SigningKey } from '../../functions/test/helpers/google.ts';

type Claims = Readonly<Record<string, unknown>>;

/** The input of a worker. */
export interface Batch {
  readonly privateKey: Pick<SigningKey, 'kid' | 'privateKey'>;
  readonly claims: readonly Claims[];
}

/** Signs tokens, about a thousand per second and core. */
export async function mintTokens(claims: readonly Claims[], key: SigningKey = googleKey): Promise<string[]> {
  const threads = Math.min(availableParallelism(), Math.ceil(claims.length / 100));
  const each = Math.ceil(claims.length / threads);
  const { kid, privateKey } = key;
  const shares = await Promise.all(
    Array.from({ length: threads }, async (_, index) => {
      const workerData: Batch = {
        privateKey: { kid, privateKey },
        claims: claims.slice(index * each, (index + 1) * each),
      };
      return new Promise<string[]>((resolve, reject) => {
        new Worker(new URL('mint-worker.ts', import.meta.url), { workerData })
          .once('message', resolve)
          .once('error', reject);
      });
    }),
  );
  return shares.flat();
}

export interface MintedTokens {
  readonly key: SigningKey;
  readonly tokens: readonly string[];
}

const FOLDER = fileURLToPath(new URL('../.cache/', import.meta.url));
/** Maximum age of cached tokens, so that they do not expire during a measurement. Milliseconds. */
const MAX_AGE = 35 * 60_000;

let latest: Promise<MintedTokens> | undefined;

/**
 * Returns distinct tokens of distinct users with the same roles. Cached in a file for the next run, until they are too old
 * or the code that creates them changes.
 */
export async function distinctTokens(count: number): Promise<MintedTokens> {
  const minted = await latest;
  if (minted === undefined || minted.tokens.length < count || !isFresh(minted)) {
    latest = Promise.resolve((await read(count)) ?? (await mint(count)));
  }
  const { key, tokens } = (await latest) as MintedTokens;
  return { key, tokens: tokens.slice(0, count) };
}

const isFresh = ({ tokens: [first = ''] }: MintedTokens) => {
  const { iat } = JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString());
  return Date.now() - iat * 1000 < MAX_AGE;
};

function fileFor(count: number): string {
  const code = ['mint.ts', 'sign.ts', '../../functions/test/helpers/google.ts'].map((name) =>
    readFileSync(new URL(name, import.meta.url)),
  );
  const hash = createHash('sha256').update(Buffer.concat(code)).digest('hex').slice(0, 16);
  return `${FOLDER}tokens-${hash}-${count}.txt`;
}

async function mint(count: number): Promise<MintedTokens> {
  const claims = Array.from({ length: count }, (_, index) => ({
    ...{ sub: `user-${index}`, user_id: `user-${index}`, email: `user-${index}@example.com` },
    ...{ roles: ['member'], rv: 1 },
  }));
  const tokens = await mintTokens(claims);
  const pem = googleKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  mkdirSync(FOLDER, { recursive: true });
  removeExpired();
  writeFileSync(fileFor(count), JSON.stringify({ kid: googleKey.kid, pem, tokens }), { mode: 0o600 });
  return { key: googleKey, tokens };
}

function removeExpired(): void {
  for (const name of readdirSync(FOLDER).filter((one) => one.startsWith('tokens-'))) {
    if (Date.now() - statSync(`${FOLDER}${name}`).mtimeMs > MAX_AGE) rmSync(`${FOLDER}${name}`);
  }
}

async function read(count: number): Promise<MintedTokens | undefined> {
  const file = fileFor(count);
  if (!existsSync(file)) return undefined;
  const { kid, pem, tokens } = JSON.parse(readFileSync(file, 'utf8'));
  const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  const minted = { key: { kid, privateKey: createPrivateKey(pem), publicPem }, tokens };
  return isFresh(minted) ? minted : undefined;
}
