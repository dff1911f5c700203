import type { JsonObject } from '../core/json.ts';
import { showHidden } from '../core/text.ts';
import { type ClaimRule, claimTexts, foreignClaims, matchRules } from './claim-roles.ts';

/** What the custom claims of all users have that no rule names. */
export interface ClaimSurvey {
  see(claims: JsonObject): void;
  /** One line for each claim, e.g. `role: 12 users, "editor" 10, "viewer" 2`. */
  lines(): string[];
  /** How many users have `roles`, `rv` or `rx` of other code, which Gatehouse replaces with its first grant. */
  readonly replaced: number;
}

/** More different values are ids and the like. */
const MAX_SHOWN = 10;
const MAX_LENGTH = 40;
/** Bounds the memory. */
const MAX_VALUES = 1000;

export function surveyClaims(rules: readonly ClaimRule[]): ClaimSurvey {
  const found = new Map<string, { users: number; values: Map<string, number> }>();
  let replaced = 0;
  return {
    see(claims) {
      const own = foreignClaims(claims);
      if (['roles', 'rv', 'rx'].some((name) => Object.hasOwn(own, name))) replaced++;
      const matched = matchRules(rules, claims);
      for (const [claim, value] of Object.entries(own)) {
        const texts = claimTexts(value)?.map((text) => JSON.stringify(text)) ?? ['an object'];
        const rest = texts.filter(
          (text) => !matched.some((rule) => rule.claim === claim && JSON.stringify(rule.value) === text),
        );
        if (rest.length === 0 && texts.length > 0) continue;
        const { users, values } = found.get(claim) ?? { users: 0, values: new Map<string, number>() };
        for (const text of rest) {
          if (values.has(text) || values.size < MAX_VALUES) values.set(text, (values.get(text) ?? 0) + 1);
        }
        found.set(claim, { users: users + 1, values });
      }
    },
    lines: () =>
      [...found]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([claim, { users, values }]) => {
          const most = [...values].toSorted(([x, a], [y, b]) => b - a || (x < y ? -1 : 1));
          const isShort = most.length <= MAX_SHOWN && most.every(([text]) => text.length <= MAX_LENGTH);
          const shown = isShort
            ? most.map(([text, count]) => `${text} ${count}`).join(', ')
            : `${most.length}${most.length === MAX_VALUES ? ' or more' : ''} different values`;
          return showHidden(`${claim}: ${users} user${users === 1 ? '' : 's'}, ${shown || 'an empty list'}`);
        }),
    get replaced() {
      return replaced;
    },
  };
}
