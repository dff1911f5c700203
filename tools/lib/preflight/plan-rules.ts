import { checkRules, type RulesVerdict } from '../../../functions/cli/rules/check-rules.ts';
import { parseRules } from '../../../functions/cli/rules/parse-rules.ts';
import { type Match, RulesSyntaxError } from '../../../functions/cli/rules/syntax-tree.ts';
import type { Item } from './items.ts';
import type { Live } from './live.ts';
import type { Wanted } from './wanted.ts';

const RECIPE = 'docs/guides/firestore-rules.md';

/** The statements that may grant something, by the path of their block. The names of wildcards do not count. */
function grantsIn(source: string): Map<string, string[]> {
  const grants = new Map<string, string[]>();
  const visit = ({ path, allows, matches }: Match, outer: string) => {
    const own = path.map(({ kind, name }) => (kind === 'literal' ? name : kind === 'one' ? '{}' : '{=**}'));
    const full = [outer, ...own].join('/');
    const texts = allows.flatMap(({ condition, text }) =>
      condition?.kind === 'literal' && condition.value === false ? [] : [text],
    );
    if (texts.length > 0) grants.set(full, [...(grants.get(full) ?? []), ...texts]);
    for (const match of matches) visit(match, full);
  };
  visit(parseRules(source).root, '');
  return grants;
}

/** In each version of firestore.rules (functions/scripts/generate-rules.ts). */
const MARKER = '// gatehouse:roles begin';

/**
 * The paths that released rules open to clients and that ours would close. Of rules that are no earlier version of ours, a path
 * that ours open in another way counts, too.
 */
function lostPaths(released: string, ours: string, isInstalled: boolean): string[] {
  let old: Map<string, string[]>;
  try {
    old = grantsIn(released);
  } catch (error) {
    if (!(error instanceof RulesSyntaxError)) throw error;
    return ['rules that cannot be read here'];
  }
  const own = grantsIn(ours);
  const isEarlierVersion = isInstalled && released.includes(MARKER);
  const isKept = (path: string, texts: string[]) => {
    const kept = own.get(path);
    return kept !== undefined && (isEarlierVersion || texts.every((text) => kept.includes(text)));
  };
  return [...old].flatMap(([path, texts]) =>
    isKept(path, texts) ? [] : [path.replace(/^\/databases\/(\{\}|[^/]+)\/documents/, '')],
  );
}

/** How clients can reach our collections, in one line. */
function explain(verdict: RulesVerdict): string {
  if (verdict.kind === 'closed') return '';
  if (verdict.kind === 'undecided') return `they cannot be read here: ${verdict.reason}`;
  const [{ line, text } = { line: 0, text: '' }] = verdict.exposures;
  const collections = [...new Set(verdict.exposures.map(({ collection }) => collection))];
  return `clients may reach ${collections.join(', ')} by line ${line}: ${text}`;
}

/** What to do with the released rules: they must close our collections before any function is deployed. */
export function planRules(
  { rules, databaseId }: Wanted,
  { rules: released }: Live,
  options: {
    isInstalled: boolean;
    /** Whether rules are deployed: `if-ours`, when nothing that others wrote is lost by it. */
    deploy: 'no' | 'if-ours' | 'yes';
    accepted: ReadonlySet<string>;
  },
): Item[] {
  const { isInstalled, deploy, accepted } = options;
  const what = databaseId === '(default)' ? 'Firestore rules' : `Firestore rules of ${databaseId}`;
  const live = released ? checkRules(released.source, databaseId) : ({ kind: 'closed' } as const);
  const refused = (verdict: RulesVerdict, source: string): Item[] =>
    verdict.kind === 'closed' ? [] : [{ action: 'refuse', what: source, why: explain(verdict) }];

  if (deploy === 'no') {
    if (!released)
      return [{ action: 'warn', what, why: 'none are released: deploy rules that refuse every client' }];
    return refused(live, `${what}, as released`).map((item) => ({
      ...item,
      why: `${item.why}. Close them first: ${RECIPE}, or deploy the rules`,
    }));
  }
  const ours = checkRules(rules, databaseId);
  if (ours.kind !== 'closed') return refused(ours, 'firestore.rules');
  if (!released) return [{ action: 'create', what }];
  if (released.source.trim() === rules.trim()) return [{ action: 'leave', what, why: 'unchanged' }];
  const lost = lostPaths(released.source, rules, isInstalled);
  if (lost.length === 0) return [{ action: 'change', what }];
  const why = `replacing them closes ${lost.join(', ')} to clients`;
  if (deploy === 'if-ours' && live.kind === 'closed' && !accepted.has('rules')) {
    return [
      {
        action: 'leave',
        what,
        why: `they are not ours, and close our collections. With --accept rules, ${why}`,
      },
    ];
  }
  const danger =
    live.kind === 'closed' ? why : `${explain(live)}. Add the lines of ${RECIPE}, or replace them: ${why}`;
  return [{ action: 'replace', what, why: danger, key: 'rules' }];
}
