/** A machine of the simulated factory. */
export interface Machine {
  readonly id: string
  readonly kind: MachineKind
  readonly line: string
  readonly plant: string
  /** Temperature at rest, in °C. */
  readonly restCelsius: number
}

type MachineKind = 'press' | 'mill' | 'weld' | 'robot'

const REST_CELSIUS: Readonly<Record<MachineKind, number>> = { press: 58, mill: 52, weld: 66, robot: 44 }
const LINE_MACHINES: readonly MachineKind[] = ['press', 'press', 'press', 'mill', 'weld', 'robot']

/** The lines of the simulated factory. */
export const LINES = [
  { id: 'L1', plant: 'busan' },
  { id: 'L2', plant: 'busan' },
  { id: 'L3', plant: 'ulsan' },
  { id: 'L4', plant: 'ulsan' },
] as const

/** Its machines, six on each line: press-01 to press-12, mill-01 to mill-04, … */
export const MACHINES: readonly Machine[] = nameMachines()

/** What is wrong in the factory: what an analysis of its records must find. */
export const PLANT_TRUTH = {
  /** Runs hot from the start, and hotter by the hour. */
  hotMachine: 'press-07',
  /** Has several times the defects of the other lines. */
  weakLine: 'L2',
} as const

/** How busy the factory is at a time of day (UTC), 0 to 1: early, late and night shift, with a break in each. */
export function loadAt(ms: number): number {
  const hour = (ms % 86_400_000) / 3_600_000
  const shift = hour >= 6 && hour < 14 ? 1 : hour >= 14 && hour < 22 ? 0.8 : 0.35
  const hourOfShift = (hour + 2) % 8
  return hourOfShift >= 4 && hourOfShift < 4.5 ? shift * 0.6 : shift
}

function nameMachines(): Machine[] {
  const numbers: Partial<Record<MachineKind, number>> = {}
  return LINES.flatMap((line) =>
    LINE_MACHINES.map((kind) => {
      const number = (numbers[kind] ?? 0) + 1
      numbers[kind] = number
      return { id: `${kind}-${String(number).padStart(2, '0')}`, kind, line: line.id, plant: line.plant, restCelsius: REST_CELSIUS[kind] }
    }),
  )
}
