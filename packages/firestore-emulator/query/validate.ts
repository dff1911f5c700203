import { toStoredElements } from '../limits.ts';
import { checkCollectionId } from '../path.ts';
import { invalidArgument, unimplemented } from '../status.ts';
import { elementsOf, kindOf, type Value } from '../value.ts';
import {
  type Condition,
  conditionsOf,
  type FilterNode,
  impliesOrder,
  isInequality,
  isListOperator,
  type toDisjunctions,
} from './condition.ts';
import type { Sort } from './order.ts';
import type { StructuredQuery } from './structured-query.ts';

/** https://firebase.google.com/docs/firestore/query-data/queries#query_limitations */
const MAX_DISJUNCTIONS = 30;
const MAX_NOT_IN = 10;
const MAX_INEQUALITY_FIELDS = 10;
const MAX_PARTS = 100;

/** A query and what follows from it. */
export interface QueryParts {
  readonly query: StructuredQuery;
  readonly filter: FilterNode;
  readonly disjunctions: ReturnType<typeof toDisjunctions>;
  /** The orders of the query. */
  readonly explicit: readonly Sort[];
  /** All orders, the implied ones included. */
  readonly sorts: readonly Sort[];
  /** `projects/{p}/databases/{d}/documents` */
  readonly root: string;
  readonly isBelowDocument: boolean;
}

type Refusal = string | undefined | false;

/** What Firestore requires of a query, with its messages. A rule returns why it refuses the query. */
const RULES: Record<string, (parts: QueryParts) => Refusal> = {
  oneCollection: ({ query }) =>
    (query.from ?? []).length > 1 && 'StructuredQuery.from cannot have more than one collection selector.',

  collectionId: ({ query: { from } }) => {
    if (from?.[0]?.collectionId) checkCollectionId(from[0].collectionId);
    return undefined;
  },

  /** Without a collection id, only `__name__` can be used. */
  namesOnly: ({ query, filter, explicit }) => {
    if (query.from?.[0]?.collectionId) return undefined;
    const named = conditionsOf(filter).find(({ field }) => !field.isName);
    if (named) return `kind is required for filter: ${named.field.key}`;
    const isByName = explicit.every(({ field, direction }) => field.isName && direction === 'ASCENDING');
    return !isByName && 'kind is required for all orders except __key__ ascending';
  },

  groupsOfRoot: ({ query: { from }, filter, explicit, isBelowDocument }) =>
    from?.[0]?.allDescendants &&
    isBelowDocument &&
    [...conditionsOf(filter), ...explicit].some(({ field }) => !field.isName) &&
    'collection group queries are only allowed at the root parent',

  limit: ({ query }) => (query.limit?.value ?? 0) < 0 && 'limit is negative',
  offset: ({ query }) => (query.offset ?? 0) < 0 && 'offset is negative',

  oneOrderPerField: ({ sorts }) => {
    const keys = sorts.map(({ field }) => field.key);
    const twice = keys.find((key, i) => key !== '__name__' && keys.indexOf(key) !== i);
    return twice && `order by clause cannot contain duplicate fields ${twice}`;
  },

  /** Names are unique, so no order after them has a meaning. That includes the implied orders of inequalities. */
  nameLast: ({ sorts }) =>
    sorts.slice(0, -1).some(({ field }) => field.isName) &&
    'order by clause cannot contain more fields after the key',

  cursors: ({ query: { startAt, endAt }, explicit, root }) => {
    for (const { values = [] } of [startAt ?? {}, endAt ?? {}]) {
      if (values.length > explicit.length) return 'Cursor has too many values.';
      toStoredElements(values, 'compare');
      const name = values.find((_, i) => explicit[i]?.field.isName);
      if (!name) continue;
      if (kindOf(name) !== 'reference') return 'Cursor __key__ value is not a document reference.';
      if (!isIn(root, name)) return 'The cursor key is in a different database than the query';
    }
    return undefined;
  },

  lists: ({ filter }) => firstRefusal(conditionsOf(filter), refuseList),
  names: ({ filter, root }) => firstRefusal(conditionsOf(filter), (one) => refuseName(one, root)),

  nameOrInequality: ({ filter }) => {
    const conditions = conditionsOf(filter);
    const ordering = conditions.filter(impliesOrder);
    return (
      conditions.some(({ field, operator }) => field.isName && (operator === 'EQUAL' || operator === 'IN')) &&
      ordering.length > 0 &&
      !ordering.some(({ field }) => field.isName) &&
      'Equality on key is not allowed if there are other inequality fields and key does not appear in inequalities.'
    );
  },

  oneNegation: ({ filter }) =>
    conditionsOf(filter).filter(isNegation).length > 1 &&
    "Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.",

  notInAlone: ({ filter }) => {
    const operators = conditionsOf(filter).map(({ operator }) => operator);
    const isJoined = operators.includes('IN') || operators.includes('ARRAY_CONTAINS_ANY') || hasOr(filter);
    return (
      operators.includes('NOT_IN') &&
      isJoined &&
      "'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'."
    );
  },

  disjunctions: ({ disjunctions }) => {
    const count = disjunctions?.length;
    if (count === undefined)
      return `Too many disjunctions after normalization, the maximum is ${MAX_DISJUNCTIONS}`;
    return (
      count > MAX_DISJUNCTIONS &&
      `Too many disjunctions after normalization. Result had ${count} disjunctions which is more than the maximum of ${MAX_DISJUNCTIONS}`
    );
  },

  oneArrayContains: ({ disjunctions }) =>
    disjunctions?.some((all) => all.filter(({ operator }) => operator === 'ARRAY_CONTAINS').length > 1) &&
    "A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.",

  inequalityFields: ({ filter }) => {
    const { size } = new Set(
      conditionsOf(filter)
        .filter(isInequality)
        .map(({ field }) => field.key),
    );
    return (
      size > MAX_INEQUALITY_FIELDS &&
      `The query contains ${size} distinct inequality fields. A query may not have more than ${MAX_INEQUALITY_FIELDS} distinct inequality fields.`
    );
  },

  parts: ({ disjunctions, explicit, isBelowDocument }) => {
    const filters = disjunctions?.flat().length ?? 0;
    return (
      filters + explicit.length + Number(isBelowDocument) > MAX_PARTS &&
      `The query may not have more than ${MAX_PARTS} filters + sort orders + ancestor total. Currently there are ${filters} filters, ${explicit.length} sort orders, and ${isBelowDocument ? 'an' : 'no'} ancestor filter.`
    );
  },
};

/** @throws FirestoreError INVALID_ARGUMENT for a query that Firestore refuses, UNIMPLEMENTED for vector search */
export function checkQuery(parts: QueryParts): void {
  if (parts.query.findNearest) {
    throw unimplemented('The embedded Firestore has no vector search (findNearest).');
  }
  const refusal = firstRefusal(Object.values(RULES), (rule) => rule(parts));
  if (refusal) throw invalidArgument(refusal);
}

function firstRefusal<T>(all: readonly T[], refuse: (one: T) => Refusal): Refusal {
  for (const one of all) {
    const refusal = refuse(one);
    if (refusal) return refusal;
  }
  return undefined;
}

function refuseList({ operator, operand }: Condition): Refusal {
  if (!isListOperator(operator)) return undefined;
  if (!operand.arrayValue) return `'${operator}' requires an ArrayValue.`;
  const { length } = elementsOf(operand);
  if (length === 0) return `'${operator}' requires an non-empty ArrayValue.`;
  const max = operator === 'NOT_IN' ? MAX_NOT_IN : MAX_DISJUNCTIONS;
  return length > max && `'${operator}' supports up to ${max} comparison values.`;
}

/** `__name__` can only be compared with documents of the same database. */
function refuseName({ field, operator, operand }: Condition, root: string): Refusal {
  if (!field.isName) return undefined;
  if (operator === 'ARRAY_CONTAINS' || operator === 'ARRAY_CONTAINS_ANY')
    return 'the name __key__ is reserved';
  const operands = isListOperator(operator) ? elementsOf(operand) : [operand];
  if (operands.some((one) => kindOf(one) !== 'reference')) return '__key__ filter value must be a Key';
  return (
    !operands.every((one) => isIn(root, one)) &&
    `The request was for database '${root}' but was attempting to access another database`
  );
}

const isIn = (root: string, { referenceValue = '' }: Value) => referenceValue.startsWith(`${root}/`);

const isNegation = ({ operator }: Condition) => operator === 'NOT_EQUAL' || operator === 'NOT_IN';

const hasOr = (node: FilterNode): boolean =>
  node.kind !== 'condition' && (node.kind === 'or' || node.filters.some(hasOr));
