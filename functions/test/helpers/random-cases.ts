/** The number of random cases in a test: all in `npm test -- --full`, otherwise a tenth. */
export const caseCount = (all: number): number =>
  process.env.GATEHOUSE_FULL_TESTS ? all : Math.ceil(all / 10);
