import { runOnServerCore } from '../lib/cpu-affinity.ts';
import type { Section } from '../lib/report.ts';
import { measureCalls, type PerCall, runInterleaved } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatRatio, formatSpread, median, spreadOf, wholeNumber } from '../lib/stats.ts';
import { openFixture } from './fixture.ts';
import { CACHING, SIGNATURE_ONLY, VERIFIERS, type VerifierName, type Verify } from './verifiers.ts';

const NAMES = Object.keys(VERIFIERS) as VerifierName[];
/** Libraries without a cache. */
const PEERS = NAMES.filter((name) => name !== SIGNATURE_ONLY && !CACHING.has(name));
/** Tokens that are verified before the measured ones, so that the keys are fetched and the code is compiled. */
const WARM_UP = 300;

interface Sample {
  readonly first: PerCall;
  readonly repeat: PerCall;
}

interface Measured {
  readonly tokens: number;
  readonly samples: Readonly<Record<VerifierName, readonly Sample[]>>;
}

/** The verifiers in the budget of a first verification. */
const FIRST_VERIFICATION = ['Gatehouse', 'firebase-admin'] as const;
/** Short rounds, because the speed of a shared machine changes within seconds. */
const TOKENS_PER_ROUND = 250;

/** Measures first and repeat verification of distinct tokens, one call at a time on one core. */
export async function verification({
  short,
  verification: { sets, calls, repeats, firstVerifications },
}: Sizes): Promise<Section> {
  const maxTokens = Math.max(...sets.map(({ tokens }) => tokens));
  const fixture = await openFixture(maxTokens + WARM_UP);
  const warmUpTokens = fixture.tokens.slice(maxTokens);
  const [measured, firstSamples] = await runOnServerCore(async () => {
    const all: Measured[] = [];
    for (const { tokens: size, rounds } of sets) {
      const tokens = fixture.tokens.slice(0, size);
      const run = (name: VerifierName) =>
        measure(VERIFIERS[name](fixture), {
          ...{ tokens, warmUpTokens, calls, repeats },
          isCaching: CACHING.has(name),
        });
      all.push({
        tokens: size,
        samples: await runInterleaved(NAMES, run, { rounds, warmUp: size <= 1_000 ? 1 : 0 }),
      });
    }
    const tokens = fixture.tokens.slice(0, TOKENS_PER_ROUND);
    const verifyFirst = (name: (typeof FIRST_VERIFICATION)[number]) =>
      verifyEachOnce(VERIFIERS[name](fixture), tokens, warmUpTokens);
    return [
      all,
      await runInterleaved(FIRST_VERIFICATION, verifyFirst, { rounds: firstVerifications, warmUp: 3 }),
    ] as const;
  });
  await fixture.close();
  // A short run can share its machine, so it compares CPU time.
  const metric = short ? 'cpu' : 'wall';
  const ratio = firstVerificationRatio(firstSamples, metric);
  return { ...report(measured, metric, ratio), raw: { measured, firstSamples } };
}

/** Verifies each token once, after the warm-up tokens. */
async function verifyEachOnce(verify: Verify, tokens: readonly string[], warmUpTokens: readonly string[]) {
  await measureCalls(warmUpTokens.length, (index) => verify(warmUpTokens[index] ?? ''));
  return measureCalls(tokens.length, (index) => verify(tokens[index] ?? ''));
}

interface Plan {
  readonly tokens: readonly string[];
  readonly warmUpTokens: readonly string[];
  readonly calls: number;
  readonly repeats: number;
  readonly isCaching: boolean;
}

async function measure(verify: Verify, plan: Plan): Promise<Sample> {
  const { tokens, warmUpTokens, calls, repeats, isCaching } = plan;
  // Choose evenly spread tokens if the set is larger than a round.
  const step = Math.max(1, Math.floor(tokens.length / calls));
  const chosen = tokens.filter((_, index) => index % step === 0);
  const first = await verifyEachOnce(verify, chosen, warmUpTokens);
  if (isCaching && step > 1) await measureCalls(tokens.length, (index) => verify(tokens[index] ?? ''));
  // Cache hits take few microseconds: more of them give a more stable figure.
  const repeatCalls = Math.max(chosen.length, isCaching ? 5 * repeats : repeats);
  const repeat = await measureCalls(repeatCalls, (index) => verify(chosen[index % chosen.length] ?? ''));
  return { first, repeat };
}

function report(measured: readonly Measured[], metric: keyof PerCall, ratio: number): Omit<Section, 'raw'> {
  const of = ({ samples }: Measured, name: VerifierName, when: keyof Sample, what: keyof PerCall = 'wall') =>
    spreadOf(samples[name].map((sample) => sample[when][what]));
  const table = (when: keyof Sample, title: string) => ({
    title,
    head: [
      'µs per token',
      ...measured.map(({ tokens }) => `of ${wholeNumber(tokens)}`),
      'CPU time',
      'relative to Gatehouse',
    ],
    rows: NAMES.map((name) => {
      const largest = measured[1] ?? measured[0];
      const relative = largest && of(largest, name, when).median / of(largest, 'Gatehouse', when).median;
      return [
        name,
        ...measured.map((set) => formatSpread(of(set, name, when))),
        largest ? formatSpread(of(largest, name, when, 'cpu')) : '',
        relative === undefined || name === 'Gatehouse' ? '' : formatRatio(relative),
      ];
    }),
  });
  // Sets that fit into the cache.
  const small = measured.filter(({ tokens }) => tokens <= 1_000);
  const many = small.at(-1);
  return {
    tables: [
      table('first', 'First verification of distinct tokens: median (min–max)'),
      table('repeat', 'Repeat verification of the same tokens: median (min–max)'),
    ],
    checks: [
      { budget: 'firstVerification', value: ratio } as const,
      ...small.flatMap((set) => {
        const repeat = (name: VerifierName, what = metric) => of(set, name, 'repeat', what).median;
        const name = set.tokens === 1 ? 'one token' : `${wholeNumber(set.tokens)} tokens`;
        return [
          { budget: 'cacheHit', of: name, value: repeat('Gatehouse', 'cpu') },
          {
            budget: 'cacheHitPeers',
            of: name,
            value: Math.min(...PEERS.map((peer) => repeat(peer))) / repeat('Gatehouse'),
          },
        ] as const;
      }),
    ],
    charts: (['first', 'repeat'] as const).map((when) => ({
      file: `verification-${when}`,
      title: `${when === 'first' ? 'First' : 'Repeat'} verification of ${wholeNumber(many?.tokens ?? 0)} tokens: µs per token`,
      ...{ unit: 'µs', highlighted: 'Gatehouse' },
      bars: many ? NAMES.map((label) => ({ label, ...of(many, label, when) })) : [],
    })),
    notes: [
      'CPU time and ratio refer to the second column. The cache holds 5,000 tokens: with more tokens, each one is verified again.',
    ],
  };
}

/** Gatehouse relative to firebase-admin, compared round by round. */
function firstVerificationRatio(
  samples: Readonly<Record<(typeof FIRST_VERIFICATION)[number], readonly PerCall[]>>,
  metric: keyof PerCall,
): number {
  const admin = samples['firebase-admin'];
  return median(
    samples.Gatehouse.map((gatehouse, round) => gatehouse[metric] / (admin[round]?.[metric] ?? Number.NaN)),
  );
}
