// The model, read once for all instances of a plugin.
#ifndef LIMPID_PLUGIN_MODELS_H
#define LIMPID_PLUGIN_MODELS_H

#include <limpid.h>

// A share in the model of two networks, light and wide, to be given back. Any thread but a real-time one.
// wide: whether it has the wide one, too; where not, limpid_last_error says why. NULL: not even the light one can be opened.
limpid_model *model_take(int *wide);
void model_give_back(void);

#endif
