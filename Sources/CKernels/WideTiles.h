// The tiles of products whose panels are one vector of 16: with 32 registers for MR · NP sums, a row of B and one value of
// A, up to 14 rows of one panel, 12 of two, 8 of three. Included where CK_TILE(MR, NP) and tile_function are defined.
CK_TILE(1, 1) CK_TILE(2, 1) CK_TILE(3, 1) CK_TILE(4, 1) CK_TILE(5, 1) CK_TILE(6, 1) CK_TILE(7, 1)
CK_TILE(8, 1) CK_TILE(9, 1) CK_TILE(10, 1) CK_TILE(11, 1) CK_TILE(12, 1) CK_TILE(13, 1) CK_TILE(14, 1)
CK_TILE(1, 2) CK_TILE(2, 2) CK_TILE(3, 2) CK_TILE(4, 2) CK_TILE(5, 2) CK_TILE(6, 2) CK_TILE(7, 2)
CK_TILE(8, 2) CK_TILE(9, 2) CK_TILE(10, 2) CK_TILE(11, 2) CK_TILE(12, 2)
CK_TILE(1, 3) CK_TILE(2, 3) CK_TILE(3, 3) CK_TILE(4, 3) CK_TILE(5, 3) CK_TILE(6, 3) CK_TILE(7, 3)
CK_TILE(8, 3)
enum { most_panels = 3 };
static const ptrdiff_t most_rows[] = {14, 12, 8};
static const tile_function tiles[][14] = {
  {tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1, tile_7_1, tile_8_1, tile_9_1, tile_10_1,
   tile_11_1, tile_12_1, tile_13_1, tile_14_1},
  {tile_1_2, tile_2_2, tile_3_2, tile_4_2, tile_5_2, tile_6_2, tile_7_2, tile_8_2, tile_9_2, tile_10_2,
   tile_11_2, tile_12_2},
  {tile_1_3, tile_2_3, tile_3_3, tile_4_3, tile_5_3, tile_6_3, tile_7_3, tile_8_3}};
