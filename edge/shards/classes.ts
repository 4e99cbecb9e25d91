// The shard classes, one a slot, because a Worker exports its classes by name: there is nothing in them but that.

import { IndexShard } from "./index-shard.ts";

/** The shard in slot 0. */
export class IndexShard0 extends IndexShard {}
/** The shard in slot 1. */
export class IndexShard1 extends IndexShard {}
/** The shard in slot 2. */
export class IndexShard2 extends IndexShard {}
/** The shard in slot 3. */
export class IndexShard3 extends IndexShard {}
/** The shard in slot 4. */
export class IndexShard4 extends IndexShard {}
/** The shard in slot 5. */
export class IndexShard5 extends IndexShard {}
/** The shard in slot 6. */
export class IndexShard6 extends IndexShard {}
/** The shard in slot 7. */
export class IndexShard7 extends IndexShard {}
/** The shard in slot 8. */
export class IndexShard8 extends IndexShard {}
/** The shard in slot 9. */
export class IndexShard9 extends IndexShard {}
/** The shard in slot 10. */
export class IndexShard10 extends IndexShard {}
/** The shard in slot 11. */
export class IndexShard11 extends IndexShard {}
/** The shard in slot 12. */
export class IndexShard12 extends IndexShard {}
/** The shard in slot 13. */
export class IndexShard13 extends IndexShard {}
/** The shard in slot 14. */
export class IndexShard14 extends IndexShard {}
/** The shard in slot 15. */
export class IndexShard15 extends IndexShard {}
/** The shard in slot 16. */
export class IndexShard16 extends IndexShard {}
/** The shard in slot 17. */
export class IndexShard17 extends IndexShard {}
/** The shard in slot 18. */
export class IndexShard18 extends IndexShard {}
/** The shard in slot 19. */
export class IndexShard19 extends IndexShard {}
/** The shard in slot 20. */
export class IndexShard20 extends IndexShard {}
/** The shard in slot 21. */
export class IndexShard21 extends IndexShard {}
/** The shard in slot 22. */
export class IndexShard22 extends IndexShard {}
/** The shard in slot 23. */
export class IndexShard23 extends IndexShard {}
/** The shard in slot 24. */
export class IndexShard24 extends IndexShard {}
/** The shard in slot 25. */
export class IndexShard25 extends IndexShard {}
/** The shard in slot 26. */
export class IndexShard26 extends IndexShard {}
/** The shard in slot 27. */
export class IndexShard27 extends IndexShard {}
/** The shard in slot 28. */
export class IndexShard28 extends IndexShard {}
/** The shard in slot 29. */
export class IndexShard29 extends IndexShard {}
/** The shard in slot 30. */
export class IndexShard30 extends IndexShard {}
/** The shard in slot 31. */
export class IndexShard31 extends IndexShard {}
/** The shard in slot 32. */
export class IndexShard32 extends IndexShard {}
/** The shard in slot 33. */
export class IndexShard33 extends IndexShard {}
/** The shard in slot 34. */
export class IndexShard34 extends IndexShard {}
/** The shard in slot 35. */
export class IndexShard35 extends IndexShard {}
/** The shard in slot 36. */
export class IndexShard36 extends IndexShard {}
/** The shard in slot 37. */
export class IndexShard37 extends IndexShard {}
/** The shard in slot 38. */
export class IndexShard38 extends IndexShard {}
/** The shard in slot 39. */
export class IndexShard39 extends IndexShard {}
/** The shard in slot 40. */
export class IndexShard40 extends IndexShard {}
/** The shard in slot 41. */
export class IndexShard41 extends IndexShard {}
/** The shard in slot 42. */
export class IndexShard42 extends IndexShard {}
/** The shard in slot 43. */
export class IndexShard43 extends IndexShard {}
/** The shard in slot 44. */
export class IndexShard44 extends IndexShard {}
/** The shard in slot 45. */
export class IndexShard45 extends IndexShard {}
/** The shard in slot 46. */
export class IndexShard46 extends IndexShard {}
/** The shard in slot 47. */
export class IndexShard47 extends IndexShard {}
/** The shard in slot 48. */
export class IndexShard48 extends IndexShard {}
/** The shard in slot 49. */
export class IndexShard49 extends IndexShard {}
/** The shard in slot 50. */
export class IndexShard50 extends IndexShard {}
/** The shard in slot 51. */
export class IndexShard51 extends IndexShard {}
/** The shard in slot 52. */
export class IndexShard52 extends IndexShard {}
/** The shard in slot 53. */
export class IndexShard53 extends IndexShard {}
/** The shard in slot 54. */
export class IndexShard54 extends IndexShard {}
/** The shard in slot 55. */
export class IndexShard55 extends IndexShard {}
/** The shard in slot 56. */
export class IndexShard56 extends IndexShard {}
/** The shard in slot 57. */
export class IndexShard57 extends IndexShard {}
/** The shard in slot 58. */
export class IndexShard58 extends IndexShard {}
/** The shard in slot 59. */
export class IndexShard59 extends IndexShard {}
/** The shard in slot 60. */
export class IndexShard60 extends IndexShard {}
/** The shard in slot 61. */
export class IndexShard61 extends IndexShard {}
/** The shard in slot 62. */
export class IndexShard62 extends IndexShard {}
/** The shard in slot 63. */
export class IndexShard63 extends IndexShard {}
