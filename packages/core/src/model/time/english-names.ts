/** Month names as Java writes them in English; index 0 is January. */
export const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
] as const

/** Day names; index 0 is Monday. */
export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

/** Quarter names; index 0 is the first. */
export const QUARTERS = ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'] as const

/** The two halves of a day. */
export const HALVES = ['AM', 'PM'] as const
