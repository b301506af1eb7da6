/** What a scenario is and how it runs: contestants take turns within a round, in an order that changes from round to round. */
import { estimate, type Estimate, pairedRatios } from "./statistics.ts"
import type { Sample } from "./measure.ts"

export interface Contestant {
  readonly name: string
  /** Brings about the state it starts from; not measured. */
  readonly before?: () => Promise<void>
  readonly measure: () => Promise<Sample>
  /** Fails when the work was not done: a fast failure must not count. */
  readonly check?: () => Promise<void>
}

export interface Comparison {
  readonly of: string
  readonly against: string
  /** A third contestant whose time is added to `against` before the ratio is taken. */
  readonly plus?: string
  /** What we promise; absent for what is only shown. */
  readonly atMost?: number
}

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly contestants: ReadonlyArray<Contestant>
  readonly comparisons: ReadonlyArray<Comparison>
  /** Contestant → seconds it promises to take at most. */
  readonly limits?: Readonly<Record<string, number>>
  /** What cannot be measured here, and why. */
  readonly missing: ReadonlyArray<string>
  readonly close?: () => Promise<void>
}

export interface Series {
  readonly name: string
  readonly seconds: ReadonlyArray<number>
  readonly estimate: Estimate
  /** Median CPU seconds of the client's side. */
  readonly cpuSeconds: number | undefined
  /** Seconds that were promised. */
  readonly limit: number | undefined
}

export interface Ratio extends Comparison {
  readonly estimate: Estimate
}

export interface Outcome {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly series: ReadonlyArray<Series>
  readonly ratios: ReadonlyArray<Ratio>
  readonly missing: ReadonlyArray<string>
}

const rotate = <A>(items: ReadonlyArray<A>, by: number): ReadonlyArray<A> =>
  items.map((_, i) => items[(i + by) % items.length]!)

const cpuOf = (samples: ReadonlyArray<Sample>): number | undefined => {
  const known = samples.flatMap(({ cpuSeconds }) => (cpuSeconds === undefined ? [] : [cpuSeconds]))
  // A mean, because the system counts children's CPU time in ticks of 10 ms.
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** Round 0 warms caches and is thrown away. */
export const runScenario = async (scenario: Scenario, say: (text: string) => void): Promise<Outcome> => {
  const samples = new Map<string, Array<Sample>>(scenario.contestants.map(({ name }) => [name, []]))
  for (let round = 0; round <= scenario.rounds; round++) {
    say(`${scenario.name}: round ${round} of ${scenario.rounds}`)
    for (const contestant of rotate(scenario.contestants, round)) {
      await contestant.before?.()
      const sample = await contestant.measure()
      await contestant.check?.()
      if (round > 0) samples.get(contestant.name)!.push(sample)
    }
  }
  const secondsOf = (name: string) => (samples.get(name) ?? []).map(({ seconds }) => seconds)
  const present = scenario.comparisons.filter(({ of, against, plus = of }) =>
    [of, against, plus].every((name) => samples.has(name)),
  )
  const against = ({ against: name, plus }: Comparison) => {
    const added = plus === undefined ? [] : secondsOf(plus)
    return secondsOf(name).map((seconds, round) => seconds + (added[round] ?? 0))
  }
  return {
    name: scenario.name,
    title: scenario.title,
    rounds: scenario.rounds,
    series: scenario.contestants.map(({ name }) => ({
      name,
      seconds: secondsOf(name),
      estimate: estimate(secondsOf(name)),
      cpuSeconds: cpuOf(samples.get(name)!),
      limit: scenario.limits?.[name],
    })),
    ratios: present.map((comparison) => ({
      ...comparison,
      estimate: estimate(pairedRatios(secondsOf(comparison.of), against(comparison))),
    })),
    missing: scenario.missing,
  }
}
