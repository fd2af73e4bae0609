// The models, read once for all instances of a plugin.
#ifndef LIMPID_PLUGIN_MODELS_H
#define LIMPID_PLUGIN_MODELS_H

#include <limpid.h>

typedef enum model_name { model_light, model_wide, model_count } model_name;

// A share in a model, to be given back; NULL where it cannot be opened: limpid_last_error says why. Any thread but a
// real-time one.
limpid_model *model_take(model_name name);
void model_give_back(model_name name);

#endif
