import { aloneOnServerCore } from '../lib/core.ts';
import type { Section } from '../lib/report.ts';
import { inTurns, type PerCall, perCall } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { median, spreadOf, times, whole, withSpread } from '../lib/stats.ts';
import { LIMIT, REMEMBERING, VERIFIERS, type VerifierName, type Verify } from './verifiers.ts';
import { openWorld } from './world.ts';

const NAMES = Object.keys(VERIFIERS) as VerifierName[];
/** Libraries that verify a token again when they see it again. */
const PEERS = NAMES.filter((name) => name !== LIMIT && !REMEMBERING.has(name));
/** Others than those that are measured: they fetch the key and let V8 compile, and are no part of any figure. */
const WARM_UP = 300;

interface Sample {
  readonly first: PerCall;
  readonly repeat: PerCall;
}

interface Measured {
  readonly tokens: number;
  readonly samples: Readonly<Record<VerifierName, readonly Sample[]>>;
}

/** What the budget of a first sight is made of. */
const AT_FIRST_SIGHT = ['Gatehouse', 'firebase-admin', LIMIT] as const;
/** Few, so that a round is over before the machine is another one: fast for seconds, then slow for seconds. */
const TOKENS_A_ROUND = 250;

/** First and repeat verification of distinct tokens, one call after the other on one core. */
export async function verification({
  short,
  verification: { sets, calls, repeats, firstSights },
}: Sizes): Promise<Section> {
  const most = Math.max(...sets.map(({ tokens }) => tokens));
  const world = await openWorld(most + WARM_UP);
  const strangers = world.tokens.slice(most);
  const [measured, sights] = await aloneOnServerCore(async () => {
    const all: Measured[] = [];
    for (const { tokens: size, rounds } of sets) {
      const tokens = world.tokens.slice(0, size);
      const run = (name: VerifierName) =>
        measure(VERIFIERS[name](world), {
          ...{ tokens, strangers, calls, repeats },
          remembers: REMEMBERING.has(name),
        });
      all.push({
        tokens: size,
        samples: await inTurns(NAMES, run, { rounds, warmUp: size <= 1_000 ? 1 : 0 }),
      });
    }
    const tokens = world.tokens.slice(0, TOKENS_A_ROUND);
    const see = (name: (typeof AT_FIRST_SIGHT)[number]) =>
      seeFirst(VERIFIERS[name](world), tokens, strangers);
    return [all, await inTurns(AT_FIRST_SIGHT, see, { rounds: firstSights, warmUp: 3 })] as const;
  });
  await world.close();
  // A short run may share its machine: by CPU time, which others do not take away.
  const judged = short ? 'cpu' : 'wall';
  const ratio = firstAgainstBudget(sights, judged);
  return { ...report(measured, judged, ratio), raw: { measured, sights } };
}

/** Each token once, by a verifier that has its keys and saw none of them before. */
async function seeFirst(verify: Verify, tokens: readonly string[], strangers: readonly string[]) {
  await perCall(strangers.length, (index) => verify(strangers[index] ?? ''));
  return perCall(tokens.length, (index) => verify(tokens[index] ?? ''));
}

interface Plan {
  readonly tokens: readonly string[];
  readonly strangers: readonly string[];
  readonly calls: number;
  readonly repeats: number;
  readonly remembers: boolean;
}

async function measure(verify: Verify, plan: Plan): Promise<Sample> {
  const { tokens, strangers, calls, repeats, remembers } = plan;
  // Spread over the whole set, where that has more than a round takes.
  const step = Math.max(1, Math.floor(tokens.length / calls));
  const chosen = tokens.filter((_, index) => index % step === 0);
  const first = await seeFirst(verify, chosen, strangers);
  if (remembers && step > 1) await perCall(tokens.length, (index) => verify(tokens[index] ?? ''));
  // Few microseconds each: more of them are a steadier figure, and cost no time.
  const again = Math.max(chosen.length, remembers ? 5 * repeats : repeats);
  const repeat = await perCall(again, (index) => verify(chosen[index % chosen.length] ?? ''));
  return { first, repeat };
}

function report(
  measured: readonly Measured[],
  judged: keyof PerCall,
  firstSight: number,
): Omit<Section, 'raw'> {
  const of = ({ samples }: Measured, name: VerifierName, when: keyof Sample, what: keyof PerCall = 'wall') =>
    spreadOf(samples[name].map((sample) => sample[when][what]));
  const table = (when: keyof Sample, title: string) => ({
    title,
    head: ['µs a token', ...measured.map(({ tokens }) => `of ${whole(tokens)}`), 'CPU time', 'against ours'],
    rows: NAMES.map((name) => {
      const largest = measured[1] ?? measured[0];
      const against = largest && of(largest, name, when).median / of(largest, 'Gatehouse', when).median;
      return [
        name,
        ...measured.map((set) => withSpread(of(set, name, when))),
        largest ? withSpread(of(largest, name, when, 'cpu')) : '',
        against === undefined || name === 'Gatehouse' ? '' : times(against),
      ];
    }),
  });
  // What the cache can hold; a set that is larger than it is verified anew each time.
  const small = measured.filter(({ tokens }) => tokens <= 1_000);
  const many = small.at(-1);
  return {
    tables: [
      table('first', 'First verification of distinct tokens: median (least–most)'),
      table('repeat', 'The same tokens again'),
    ],
    checks: [
      { budget: 'firstSight', value: firstSight } as const,
      ...small.flatMap((set) => {
        const repeat = (name: VerifierName) => of(set, name, 'repeat', judged).median;
        const name = set.tokens === 1 ? 'one token' : `${whole(set.tokens)} tokens`;
        return [
          { budget: 'recognise', of: name, value: repeat('Gatehouse') },
          {
            budget: 'recognisePeers',
            of: name,
            value: Math.min(...PEERS.map(repeat)) / repeat('Gatehouse'),
          },
          {
            budget: 'recogniseCache',
            of: name,
            value: repeat('fast-jwt, cached') / repeat('Gatehouse'),
          },
        ] as const;
      }),
    ],
    charts: (['first', 'repeat'] as const).map((when) => ({
      file: `verification-${when}`,
      title: `${when === 'first' ? 'First' : 'Repeat'} verification of ${whole(many?.tokens ?? 0)} tokens: microseconds each`,
      ...{ unit: 'µs', ours: 'Gatehouse' },
      bars: many ? NAMES.map((label) => ({ label, ...of(many, label, when) })) : [],
    })),
    notes: [
      'CPU time and ratio are those of the second column. The cache holds 5,000 tokens: of more, each is verified anew.',
    ],
  };
}

/** Ours against 1.5 × `crypto.verify` plus what firebase-admin adds to it, round by round. */
function firstAgainstBudget(
  samples: Readonly<Record<(typeof AT_FIRST_SIGHT)[number], readonly PerCall[]>>,
  judged: keyof PerCall,
): number {
  const ratios = samples.Gatehouse.map((ours, round) => {
    const of = (name: (typeof AT_FIRST_SIGHT)[number]) => samples[name][round]?.[judged] ?? Number.NaN;
    return ours[judged] / (1.5 * of(LIMIT) + (of('firebase-admin') - of(LIMIT)));
  });
  return median(ratios);
}
